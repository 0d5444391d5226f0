namespace Fabric.Cluster.Tests;

/// <summary>A file for a store in a directory of its own, gone when disposed.</summary>
internal sealed class StoreFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fab-t-cluster-");

    public string Path => System.IO.Path.Combine(_directory.FullName, "cluster.db");

    public void Dispose() => _directory.Delete(recursive: true);
}
