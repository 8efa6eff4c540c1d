# Images that already hold what instances else install at boot. userdata/ stays what it is: on these images its steps find their work done.

packer {
  required_version = ">= 1.11.0"
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "~> 1.3"
    }
  }
}

variable "region" {
  type        = string
  description = "Where the image is made, and where it can be used."
  default     = env("AWS_REGION")
}

variable "instance_profile" {
  type        = string
  description = "Instance profile of the machine that is made into an image; it lets Session Manager in. ./llm bootstrap makes it and prints its name."
  default     = env("IMAGES_INSTANCE_PROFILE")
}

variable "ollama_snap_channel" {
  type        = string
  description = "Channel of the snap ollama."
}

variable "web_ui_image" {
  type        = string
  description = "Open WebUI's image, by its digest."
}

variable "vllm_image" {
  type        = string
  description = "vLLM's image, by its digest."
}

locals {
  built = formatdate("YYYYMMDD-hhmm", timestamp())

  tags = {
    Project   = "llm-stacks"
    ManagedBy = "packer"
  }

  # What each machine gets, by the name of its source.
  contents = {
    ollama = { image = var.web_ui_image, snap_channel = var.ollama_snap_channel }
    vllm   = { image = var.vllm_image, snap_channel = "" }
  }
}

# The images that instances start from by default (components/inference/ami.ts).
data "amazon-parameterstore" "ollama" {
  region = var.region
  name   = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

data "amazon-parameterstore" "vllm" {
  region = var.region
  name   = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
}

source "amazon-ebs" "ollama" {
  region               = var.region
  source_ami           = data.amazon-parameterstore.ollama.value
  instance_type        = "t3.large"
  iam_instance_profile = var.instance_profile

  ami_name        = "llm-stacks-ollama-${local.built}"
  ami_description = "Ubuntu 24.04 with Ollama, Open WebUI and the CloudWatch agent"
  encrypt_boot    = true
  imds_support    = "v2.0"
  tags            = merge(local.tags, { Kind = "ollama", Name = "llm-stacks-ollama-${local.built}" })
  snapshot_tags   = merge(local.tags, { Kind = "ollama" })
  run_tags        = merge(local.tags, { Kind = "ollama", Name = "llm-stacks-image-ollama" })
  run_volume_tags = merge(local.tags, { Kind = "ollama" })

  # No port is opened: Session Manager carries SSH, and the address is for the way out only.
  communicator                = "ssh"
  ssh_username                = "ubuntu"
  ssh_interface               = "session_manager"
  associate_public_ip_address = true

  launch_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp3"
    volume_size           = 20
    delete_on_termination = true
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

source "amazon-ebs" "vllm" {
  region     = var.region
  source_ami = data.amazon-parameterstore.vllm.value
  # vLLM's image is pulled, not run: no GPU is paid for.
  instance_type        = "m6i.xlarge"
  iam_instance_profile = var.instance_profile

  ami_name        = "llm-stacks-vllm-${local.built}"
  ami_description = "Deep Learning Base AMI with vLLM and the CloudWatch agent"
  encrypt_boot    = true
  imds_support    = "v2.0"
  tags            = merge(local.tags, { Kind = "vllm", Name = "llm-stacks-vllm-${local.built}" })
  snapshot_tags   = merge(local.tags, { Kind = "vllm" })
  run_tags        = merge(local.tags, { Kind = "vllm", Name = "llm-stacks-image-vllm" })
  run_volume_tags = merge(local.tags, { Kind = "vllm" })

  # No port is opened: Session Manager carries SSH, and the address is for the way out only.
  communicator                = "ssh"
  ssh_username                = "ubuntu"
  ssh_interface               = "session_manager"
  associate_public_ip_address = true

  launch_block_device_mappings {
    device_name           = "/dev/sda1"
    volume_type           = "gp3"
    volume_size           = 100
    delete_on_termination = true
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

build {
  sources = ["source.amazon-ebs.ollama", "source.amazon-ebs.vllm"]

  # The functions that boots use, so that there is one way to install a thing.
  provisioner "file" {
    sources     = ["${path.root}/../userdata/templates/lib.sh", "${path.root}/../userdata/templates/base.sh"]
    destination = "/tmp/"
  }

  provisioner "shell" {
    script          = "${path.root}/provision.sh"
    execute_command = "sudo env {{ .Vars }} bash '{{ .Path }}'"
    env = {
      KIND         = source.name
      REGION       = var.region
      IMAGE        = local.contents[source.name].image
      SNAP_CHANNEL = local.contents[source.name].snap_channel
    }
  }
}
