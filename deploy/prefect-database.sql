-- Run once, when the volume of the database is new: Prefect's server has a database of its own beside the program's.
CREATE DATABASE prefect;
