"""What the pages of campaigns show: rows in, frozen words out. Pure."""
