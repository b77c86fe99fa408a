"""What can be asked for; `deploy` is the file to read first."""
