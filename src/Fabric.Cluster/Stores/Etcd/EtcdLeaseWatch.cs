namespace Fabric.Cluster;

/// <summary>A watch of leases with the request that feeds it.</summary>
/// <param name="Running">Completes some time after <paramref name="Stop"/>, which is disposed then.</param>
internal sealed record EtcdLeaseWatch(EtcdFeed Feed, EtcdWatch Watch, CancellationTokenSource Stop, Task Running);
