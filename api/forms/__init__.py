"""What people type into the forms of pages: read field by field, every fault named after its field."""
