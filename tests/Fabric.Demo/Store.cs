namespace Fabric.Demo;

/// <summary>Where the demo's cluster keeps its streams and leases.</summary>
internal sealed class Store
{
    private readonly string _argument;

    private Store(string argument) => _argument = argument;

    /// <summary>One SQLite file, which all nodes reach because they share a machine.</summary>
    public static Store File { get; } = new("--store=sqlite");

    /// <summary>Three members of etcd, which the nodes reach over the network.</summary>
    public static Store Etcd { get; } = new("--store=etcd");

    public static bool TryParse(string argument, out Store store)
    {
        store = argument == Etcd._argument ? Etcd : File;
        return argument == store._argument;
    }
}
