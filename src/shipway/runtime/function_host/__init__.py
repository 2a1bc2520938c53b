"""The function host: keeps a Lambda handler warm and serves it over HTTP, inside the function image's environment.

Needs the standard library and `shipway.domain` alone; granian or gunicorn make it faster where the image has them.
"""
