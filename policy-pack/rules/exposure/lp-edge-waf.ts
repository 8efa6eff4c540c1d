import { isApplication, loadBalancerTypes } from "../../lib/load-balancers";
import { defineRule } from "../../lib/rule";
import { refersTo, type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

/**
 * lp-edge-waf: What faces the internet has a web ACL
 *
 * Distributions of CloudFront name one in `webAclId`; application load balancers that are not internal and stages of
 * REST APIs have an association. HTTP APIs cannot have one. A web ACL costs money, so this is advice. Undefined:
 * violation.
 *
 * @severity low
 * @checkov CKV_AWS_68 CKV2_AWS_28 CKV2_AWS_29
 * @securityHub CloudFront.6 ELB.16 APIGateway.4
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html
 */
export const rule = defineRule({
  id: "lp-edge-waf",
  family: "exposure",
  title: "What faces the internet has a web ACL",
  severity: "low",
  why: "Without one nothing limits how often one address calls, and known attacks reach the application.",
  fix: "add an aws.wafv2.WebAcl with a rate-based rule and AWS's managed rules, and an aws.wafv2.WebAclAssociation, or `webAclId` for CloudFront. From $5 a month.",
  checkov: ["CKV_AWS_68", "CKV2_AWS_28", "CKV2_AWS_29"],
  securityHub: ["CloudFront.6", "ELB.16", "APIGateway.4"],
  page: "https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html",
  unlessFree: "ft-waf",
  types: [],
  checkStack(stack, report) {
    const distributions = stack.ofType(
      "aws:cloudfront/distribution:Distribution",
      "aws:cloudfront/multitenantDistribution:MultitenantDistribution",
    );
    for (const distribution of distributions) {
      const hasAcl = written(distribution, "webAclId").hasContent();
      report.on(distribution).when(hasAcl.not(), "webAclId", "the distribution has no web ACL");
    }
    for (const balancer of stack.ofType(...loadBalancerTypes)) {
      const isPublic = isApplication(balancer.props).and(written(balancer, "internal").isTrue().not());
      const open = isPublic.and(isAssociated(stack, balancer).not());
      report.on(balancer).when(open, "", "the public load balancer has no web ACL");
    }
    for (const stage of stack.ofType("aws:apigateway/stage:Stage")) {
      report.on(stage).when(isAssociated(stack, stage).not(), "", "the stage has no web ACL");
    }
  },
});

function isAssociated(stack: StackView, resource: StackResource): Truth {
  const associations = stack.ofType(
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:wafregional/webAclAssociation:WebAclAssociation",
  );
  return Truth.any(associations.map((association) => refersTo(association, "resourceArn", resource, ["arn"])));
}
