using Fabric.Lab;

namespace Fabric.Cluster.Tests;

/// <summary>One etcd for all tests that disturb nothing; each has a prefix of its own.</summary>
internal static class SharedEtcd
{
    private static readonly Lazy<LabEtcd> Started = new(() => LabEtcd.Start());
    private static int _prefixes;

    public static LabEtcd Etcd => Started.Value;

    public static EtcdOptions NewPlace(LabEtcd? etcd = null, string more = "") => Options(
        $"{(etcd ?? Etcd).Uri}?prefix=/t{Interlocked.Increment(ref _prefixes)}{more}");

    public static EtcdOptions Options(string uri) => ((ClusterStoreUri.Etcd)ClusterStoreUri.Parse(uri)).Options;
}
