using Fabric.Contracts;
using Fabric.Lab;

namespace Fabric.Cluster.Tests;

/// <summary>One real API server for all tests that disturb nothing; each has a namespace of its own.</summary>
internal static class SharedKubernetes
{
    private static readonly Lazy<LabKubernetes> Started = new(() =>
    {
        var server = LabKubernetes.Start();
        server.Apply(WidgetObject.Definition);
        return server;
    });

    public static LabKubernetes Server => Started.Value;
}
