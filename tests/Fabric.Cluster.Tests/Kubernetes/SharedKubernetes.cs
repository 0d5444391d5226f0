using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Cluster.Tests;

/// <summary>One real API server for all tests, which take turns since some restart it; each has a namespace of its own.</summary>
internal static class SharedKubernetes
{
    /// <summary>The collection of those who use it.</summary>
    public const string Users = "kube-apiserver";

    private static readonly Lazy<LabKubernetes> Started = new(() =>
    {
        var server = LabKubernetes.Start();
        server.Apply(WidgetObject.Definition);
        return server;
    });

    public static LabKubernetes Server => Started.Value;
}
