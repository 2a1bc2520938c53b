#!/usr/bin/env python3
"""Stands where a project has its training programs: the drill writes its models itself and never trains one."""

import sys

if __name__ == "__main__":
    sys.exit("the drill's models are not trained")
