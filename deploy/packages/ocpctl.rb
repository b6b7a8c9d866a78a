# Made by scripts/release.mjs from deploy/packages/ocpctl.rb: @NAMES@ are filled in.
class Ocpctl < Formula
  desc "Self-service ephemeral OpenShift clusters that always get cleaned up"
  homepage "@URL@"
  url "@URL@/ocpctl-@VERSION@.tgz"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    generate_completions_from_executable(bin/"ocpctl", "completion", shells: [:bash, :zsh, :fish])
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/ocpctl --version")
    assert_match "aws-standard", shell_output("#{bin}/ocpctl help create")
  end
end
