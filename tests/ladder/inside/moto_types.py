"""Run in the lint environment: the types of resources that moto's CloudFormation really makes, as a JSON list.

It reports every other type as made too, so they are never sent there.
"""

import contextlib
import json

import moto.backends
from moto.cloudformation.parsing import get_model_map

for module in moto.backends.list_of_moto_modules():
    with contextlib.suppress(AttributeError):  # of the simple variants, which have no models of their own
        moto.backends.get_backend(module)
print(json.dumps(sorted(get_model_map())))
