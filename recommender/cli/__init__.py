"""The command line: arguments, output and exit status. One file a group of commands."""
