"""What the data itself shows: the profile of every data set of the project, measured in worker processes."""
