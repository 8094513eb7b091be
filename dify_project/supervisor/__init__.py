"""`manage.py up`: starts, watches and stops the parts of the product. Nothing here imports Django or the apps."""
