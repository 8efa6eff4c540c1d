# The defaults of stacks/ollama-settings.ts and stacks/vllm-settings.ts; a test compares them.
ollama_snap_channel = "latest/stable"
web_ui_image        = "ghcr.io/open-webui/open-webui:v0.11.3@sha256:9cd136effce6bb12a6a1988a35ab3b82cb40c48a6768fceeb17c83baf7cfac9c"
vllm_image          = "docker.io/vllm/vllm-openai:v0.11.0@sha256:014a95f21c9edf6abe0aea6b07353f96baa4ec291c427bb1176dc7c93a85845c"
