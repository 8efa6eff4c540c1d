"""An API key that is created without a value.

The AWS provider sends an empty value for it. AWS then makes one; ministack refuses: "API Key value should be at least
20 characters".
"""

from ministack.services import apigateway_v1

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    def create_api_key(data):
        return create({**data, "value": data.get("value") or None})

    create = replace(apigateway_v1, "_create_api_key", create_api_key)
