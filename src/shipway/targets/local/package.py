"""Model packages: an image and a model artifact under a name, as `sagemaker:createModel` makes them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from shipway.domain.errors import ShipwayError
from shipway.domain.values import JsonObject, canonical
from shipway.targets.local.home import ACCOUNT, REGION, Home


class ModelExists(ShipwayError):
    """SageMaker, too, refuses a second model of the same name."""

    message = "model {model!r} exists already with another image or artifact"
    exit_code = 5
    status = 409


class ModelNotFound(ShipwayError):
    """No model of this name was saved."""

    message = "model {model!r} does not exist"
    exit_code = 4
    status = 404


class ModelDocumentInvalid(ShipwayError):
    """A createModel document without what a model is made of."""

    message = "createModel needs {missing}"
    exit_code = 2
    status = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """image: an image's uri; model: s3 name of model.tar.gz."""

    name: str
    image: str
    model: str


class Models:
    """The models of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def create(self, document: JsonObject) -> JsonObject:
        """Keep a model and return CreateModel's answer; the same document again is the same model.

        Raises ModelDocumentInvalid, ModelExists.
        """
        container = document.get("PrimaryContainer")
        if not isinstance(container, dict) or "Image" not in container or "ModelDataUrl" not in container:
            raise ModelDocumentInvalid(missing="PrimaryContainer with Image and ModelDataUrl")
        name = cast("str", document["ModelName"])
        values = (
            name,
            container["Image"],
            container["ModelDataUrl"],
            canonical(document),
            datetime.now(UTC).isoformat(),
        )
        with self._home.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO models VALUES (?,?,?,?,?)", values)
            row = connection.execute("SELECT * FROM models WHERE name=?", (name,)).fetchone()
        if row["document"] != canonical(document):
            raise ModelExists(model=name)
        return {"ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{name}"}

    def get(self, name: str) -> Model:
        """Return a model; raises ModelNotFound."""
        row = self._home.connection.execute("SELECT * FROM models WHERE name=?", (name,)).fetchone()
        if row is None:
            raise ModelNotFound(model=name)
        return Model(name=row["name"], image=row["image"], model=row["model"])
