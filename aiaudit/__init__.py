"""aiaudit: is this AI project ready to run in production, and grow?"""

__version__ = "0.1.0"
