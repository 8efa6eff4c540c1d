package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

type fields = map[string]*tfbridge.SchemaInfo

// resourceOverrides returns what the bridge can't work out by itself about a resource type: where the official SDK's
// property has another name or shape than the upstream field, where a name is made up if none is given, which fields
// hold JSON documents or files, and which resources can't exist twice and so are deleted before they are replaced.
func resourceOverrides() map[string]*tfbridge.ResourceInfo {
	result := map[string]*tfbridge.ResourceInfo{
		"aws_api_gateway_api_key":           {Fields: fields{"description": managedByPulumi()}},
		"aws_api_gateway_authorizer":        {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_base_path_mapping": {Fields: fields{"api_id": property("restApi")}},
		"aws_api_gateway_deployment":        {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_integration": {
			Fields:              fields{"rest_api_id": property("restApi")},
			DeleteBeforeReplace: true,
		},
		"aws_api_gateway_integration_response": {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_method":               {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_method_response":      {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_method_settings":      {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_model":                {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_request_validator":    {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_resource":             {Fields: fields{"rest_api_id": property("restApi")}},
		"aws_api_gateway_stage": {Fields: fields{
			"deployment_id": property("deployment"),
			"rest_api_id":   property("restApi"),
		}},
		"aws_api_gateway_vpc_link": {Fields: fields{"target_arns": property("targetArn")}},

		"aws_appautoscaling_scheduled_action": {Fields: fields{"scalable_target_action": nested(fields{
			"max_capacity": {Type: "integer"},
			"min_capacity": {Type: "integer"},
		})}},
		"aws_autoscaling_group": {Fields: fields{"tag": property("tags")}},

		"aws_cloudwatch_event_rule":              {Fields: fields{"name": named("name", 64)}},
		"aws_cloudwatch_event_target":            {Fields: fields{"target_id": named("targetId", 255)}},
		"aws_cloudwatch_log_resource_policy":     {Fields: fields{"policy_document": jsonDocument()}},
		"aws_cloudwatch_log_subscription_filter": {Fields: fields{"log_group_name": property("logGroup")}, DeleteBeforeReplace: true},
		"aws_cloudwatch_metric_alarm":            {Fields: fields{"alarm_name": named("name", 255)}},

		"aws_dlm_lifecycle_policy": {Fields: fields{"policy_details": nested(fields{"resource_types": list("resourceTypes")})}},
		"aws_dynamodb_table": {Fields: fields{
			"global_secondary_index": property("globalSecondaryIndexes"),
			"local_secondary_index":  property("localSecondaryIndexes"),
		}},

		"aws_default_network_acl":    {Fields: fields{"ingress": property("ingress"), "egress": property("egress")}},
		"aws_default_security_group": {Fields: fields{"ingress": property("ingress"), "egress": property("egress")}},
		"aws_key_pair":               {Fields: fields{"key_name": named("keyName", 255)}},
		"aws_network_acl":            {Fields: fields{"ingress": property("ingress"), "egress": property("egress")}},
		"aws_security_group": {Fields: fields{
			"description": managedByPulumi(),
			"ingress":     property("ingress"),
			"egress":      property("egress"),
		}},
		"aws_security_group_rule": {DeleteBeforeReplace: true},

		"aws_efs_file_system":  {Fields: fields{"creation_token": named("creationToken", 255)}},
		"aws_efs_mount_target": {DeleteBeforeReplace: true}, // one per availability zone

		"aws_elasticache_parameter_group": {Fields: fields{"description": managedByPulumi()}},
		"aws_elasticache_replication_group": {Fields: fields{
			"replication_group_id":       namedLower("replicationGroupId", 40),
			"at_rest_encryption_enabled": {Type: "boolean"},
			"auto_minor_version_upgrade": {Type: "boolean"},
		}},
		"aws_elasticache_subnet_group": {Fields: fields{"description": managedByPulumi()}},

		"aws_iam_policy": {Fields: fields{"policy": jsonDocument()}},
		"aws_iam_role": {Fields: fields{
			"name":               named("name", 64),
			"assume_role_policy": jsonDocument(),
			"inline_policy":      inlinePolicies(),
		}},
		"aws_iam_role_policy": {Fields: fields{"policy": jsonDocument()}},
		// Two attachments of the same policy are one and the same: deleting the old one would detach the new one.
		"aws_iam_role_policy_attachment": {Fields: fields{"policy_arn": property("policyArn")}, DeleteBeforeReplace: true},
		"aws_iam_user_policy":            {Fields: fields{"policy": jsonDocument()}},
		"aws_iam_user_policy_attachment": {Fields: fields{"policy_arn": property("policyArn")}, DeleteBeforeReplace: true},

		"aws_kms_alias": {Fields: fields{"name": namedKMSAlias()}},

		"aws_lambda_function": {
			Fields: fields{
				"architectures": list("architectures"),
				"filename":      codeArchive(),
				"function_name": named("name", 64),
			},
		},
		"aws_lambda_layer_version": {Fields: fields{"filename": codeArchive()}},
		"aws_lambda_permission": {
			Fields: fields{
				"function_name": property("function"),
				"statement_id":  named("statementId", 100),
			},
		},

		// AWS allows 32 characters. The official plugin does not know that of load balancers and fails while creating.
		"aws_lb": {Fields: fields{"name": named("name", 32)}},
		"aws_lb_target_group": {Fields: fields{
			"deregistration_delay": {Type: "integer"},
			"name":                 named("name", 32),
		}},

		"aws_db_instance":                 {Fields: fields{"identifier": namedDatabase()}},
		"aws_db_option_group":             {Fields: fields{"option_group_description": managedByPulumi()}},
		"aws_db_parameter_group":          {Fields: fields{"description": managedByPulumi()}},
		"aws_db_subnet_group":             {Fields: fields{"description": managedByPulumi()}},
		"aws_rds_cluster_parameter_group": {Fields: fields{"description": managedByPulumi()}},

		"aws_route53_record": {Fields: fields{
			"alias":                      list("aliases"),
			"failover_routing_policy":    list("failoverRoutingPolicies"),
			"geolocation_routing_policy": list("geolocationRoutingPolicies"),
			"latency_routing_policy":     list("latencyRoutingPolicies"),
			"name":                       property("name"), // a domain name: nothing to make up
			"weighted_routing_policy":    list("weightedRoutingPolicies"),
		}},
		"aws_route53_zone": {Fields: fields{"comment": managedByPulumi()}},

		"aws_s3_bucket": {Fields: fields{
			"bucket": namedLower("bucket", 63),
			"policy": jsonDocument(),
		}},
		"aws_s3_bucket_policy": {Fields: fields{"policy": jsonDocument()}},
		"aws_s3_bucket_website_configuration": {Fields: fields{
			"routing_rule":  property("routingRules"),
			"routing_rules": property("routingRuleDetails"),
		}},
		"aws_s3_object": {
			Fields: fields{
				"key":    logicalName(),
				"source": {Asset: &tfbridge.AssetTranslation{Kind: tfbridge.FileAsset}},
			},
		},

		"aws_sns_topic":              {Fields: fields{"name": namedFIFO("fifoTopic", 80)}},
		"aws_sns_topic_policy":       {Fields: fields{"policy": jsonDocument()}},
		"aws_sns_topic_subscription": {Fields: fields{"topic_arn": property("topic")}},
		"aws_sqs_queue":              {Fields: fields{"name": namedFIFO("fifoQueue", 80)}},
		"aws_sqs_queue_policy":       {Fields: fields{"policy": jsonDocument()}},

		"aws_wafv2_rule_group": {Fields: fields{"rule_json": property("rulesJson")}},
	}
	return result
}

// policyDocument is the type of an IAM policy given as an object.
const policyDocument = tokens.Type("aws:iam/PolicyDocument:PolicyDocument")

// extraTypes are types that no upstream field has. What a statement holds is left to AWS.
func extraTypes() map[string]schema.ComplexTypeSpec {
	text := schema.PropertySpec{TypeSpec: schema.TypeSpec{Type: "string"}}
	statement := schema.TypeSpec{Ref: "pulumi.json#/Any"}
	return map[string]schema.ComplexTypeSpec{
		string(policyDocument): {ObjectTypeSpec: schema.ObjectTypeSpec{
			Type: "object",
			Properties: map[string]schema.PropertySpec{
				"Version":   text,
				"Id":        text,
				"Statement": {TypeSpec: schema.TypeSpec{Type: "array", Items: &statement}},
			},
			Required: []string{"Statement", "Version"},
		}},
	}
}

// functionFields is what resourceOverrides is, for functions.
var functionFields = map[string]fields{}

func asKey(property string) resource.PropertyKey { return resource.PropertyKey(property) }

// property gives a field the name that the SDK's property has.
func property(name string) *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{Name: name} }

// list makes an array of a field that upstream limits to one item and that would become a single value.
func list(name string) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Name: name, MaxItemsOne: tfbridge.False()}
}

// nested overrides fields of a nested block.
func nested(inner fields) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Elem: &tfbridge.SchemaInfo{Fields: inner}}
}

// jsonDocument takes a policy as an object, which it writes as JSON, or as text, which stays: upstream compares meaning.
func jsonDocument() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{
		Type:      "string",
		AltTypes:  []tokens.Type{policyDocument},
		Transform: tfbridge.TransformJSONDocument,
	}
}

// codeArchive takes a Pulumi archive where upstream takes a file name, and hashes it so that new code is a change.
func codeArchive() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{
		Name: "code",
		Asset: &tfbridge.AssetTranslation{
			Kind:      tfbridge.FileArchive,
			Format:    resource.ZIPArchive,
			HashField: "source_code_hash",
		},
	}
}

func managedByPulumi() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{Value: "Managed by Pulumi"}}
}

// inlinePolicies drops policies whose document is an empty text, which AWS would not create and every later preview would
// show as missing. One without a document stays: an empty object tells the provider to remove all inline policies.
func inlinePolicies() *tfbridge.SchemaInfo {
	info := nested(fields{"name": named("name", 128)})
	info.Transform = func(value resource.PropertyValue) (resource.PropertyValue, error) {
		if !value.IsArray() {
			return value, nil
		}
		kept := []resource.PropertyValue{}
		for _, item := range value.ArrayValue() {
			if item.IsObject() {
				document := item.ObjectValue()["policy"]
				if document.IsString() && document.StringValue() == "" {
					continue
				}
			}
			kept = append(kept, item)
		}
		return resource.NewArrayProperty(kept), nil
	}
	return info
}
