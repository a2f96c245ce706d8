"""What evaluations and trainings left in the project as files of figures."""
