using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>What is compared with: the reference plugins `bridge` and `host-local` in a node's namespace of their own.</summary>
internal sealed class ReferenceNode : IDisposable
{
    private readonly LabNamespace _namespace = LabNamespace.Create("ref");
    private readonly string _folder = Directory.CreateTempSubdirectory("fab-t-ref-").FullName;

    public ReferenceNode()
    {
        Cni = new CniPlugin(Path.Combine(Binaries.ReferencePlugins, "bridge"),
            $$"""
            {"cniVersion":"1.0.0","name":"ref","type":"bridge","bridge":"fabt-ref0","isGateway":true,
             "ipam":{"type":"host-local","ranges":[[{"subnet":"10.99.0.0/16"}]],"routes":[{"dst":"0.0.0.0/0"}],
                     "dataDir":"{{_folder}}"}
            """, _folder, _namespace);
    }

    public CniPlugin Cni { get; }

    public void Dispose()
    {
        _namespace.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
