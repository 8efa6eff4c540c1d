"""Tags of CloudFront distributions that are gone.

ministack keeps a distribution's tags when it deletes the distribution, and GetResources of the Resource Groups Tagging API lists it for ever: what looks for
remains of a stack finds one. On AWS a deleted resource leaves the index within minutes.
"""

from ministack.services import cloudfront

from gaps import replace

FOR_VERSION = "1.5.33"


def close() -> None:
    def delete(dist_id, headers):
        distribution = cloudfront._distributions.get(dist_id) or {}
        answer = delete_distribution(dist_id, headers)
        if dist_id not in cloudfront._distributions:
            cloudfront._tags.pop(distribution.get("ARN"), None)
        return answer

    delete_distribution = replace(cloudfront, "_delete_distribution", delete)
