"""REST API methods that want a signature (AWS_IAM).

Without its IAM enforcement (AUTH, which would also want every credential registered) ministack lets a call through that has
any Authorization header at all, such as `Bearer x`. Here the header must be a SigV4 one, as on AWS. Whose signature it is,
and whether that caller may call, is not checked.
"""

from ministack import app as ministack_app
from ministack.core.iam_evaluator import AuthError
from ministack.core.sigv4 import foreign_authorization_failure
from ministack.services import apigateway_v1

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    enforce = replace(ministack_app, "_enforce_execute_api", None)

    def enforce_signature(api_id, stage, method, execute_path, headers, query_params, iam_action="execute-api:Invoke"):
        header = headers.get("authorization", "")
        if header and not header.startswith("AWS4-") and iam_action == "execute-api:Invoke":
            if apigateway_v1.method_authorization_type(api_id, stage, method, execute_path) == "AWS_IAM":
                error = AuthError(*foreign_authorization_failure(headers))
                return apigateway_v1.authentication_error_response(api_id, stage, error, headers, query_params)
        return enforce(api_id, stage, method, execute_path, headers, query_params, iam_action=iam_action)

    ministack_app._enforce_execute_api = enforce_signature
