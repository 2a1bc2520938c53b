"""Shipway builds a model and launches it safely: on this machine or on SageMaker, from one project definition."""

__version__ = "0.1.0"
