using Fabric.Messages;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>A node's parameters with the options' defaults.</summary>
internal static class SampleOptions
{
    public static NodeParameters Parameters(string node)
    {
        var errors = new List<string>();
        var given = new Dictionary<string, string> { ["node-name"] = node };
        var raw = RawOptions.Merge(given, new Dictionary<string, string>(), new Dictionary<string, string>(), "", errors);
        var options = new NodeOptionsCheck(raw, errors).Run("host");
        Assert.Empty(errors);
        return new NodeParameters(options!, "uid", [IpAddress.Parse("192.0.2.1")], 1450, "boot", "1.0");
    }
}
