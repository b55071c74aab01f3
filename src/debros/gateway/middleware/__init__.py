"""What happens to every request, one thing a file; pure ASGI, outermost first in `app.py`."""
