"""Train the example's own classifier on the example's own data and keep it as a scikit-learn object.

Run in the example's environment with its code on the path, after its `train`: same data, parameters and seed, so the
object predicts what the shipped form of the model predicts; that is checked before anything is measured.
Usage: train_peer_model.py TRAIN_PROGRAM TARGET.
"""

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import joblib
from sklearn.ensemble import HistGradientBoostingClassifier

import contract
import features
import predictor
import rows

loader = SourceFileLoader("train", sys.argv[1])
spec = spec_from_loader("train", loader)
assert spec is not None
train = module_from_spec(spec)
loader.exec_module(train)

model = predictor.load(contract.MODEL)
categories = model.document["categories"]
table, target = features.read(contract.channel("train") / "train.csv")
places = [place for place, column in enumerate(features.COLUMNS) if column.kind == rows.CATEGORY]
learner = HistGradientBoostingClassifier(
    categorical_features=places, early_stopping=False, **model.document["hyperparameters"]
).fit(train.encode(table, categories), target)
found = {"learner": learner, "names": features.NAMES, "categories": list(categories.values())}
joblib.dump(found, Path(sys.argv[2]))
