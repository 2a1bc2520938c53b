"""Looks for known faults in a folder with a SageMaker project: Python, CloudFormation templates, builds, scripts."""

from shipway.project.sagemaker.folder import find_faults

__all__ = ["find_faults"]
