// Only pins and fetches the upstream module: `go mod download -json github.com/hashicorp/terraform-provider-aws` prints its folder.
module llm-stacks/toolchain/upstream-pin

go 1.26.0

require github.com/hashicorp/terraform-provider-aws v0.0.0

replace github.com/hashicorp/terraform-provider-aws => github.com/upbound/terraform-provider-aws v0.0.0-20260305123303-f7691456b787
