output "ocpctl" {
  description = "Outputs of the module."
  value       = module.ocpctl
}
