namespace Fabric.Cluster;

/// <summary>Where one member of an etcd cluster serves its clients.</summary>
/// <param name="Host">A name or an address; an IPv6 address stands without brackets.</param>
public sealed record EtcdEndpoint(string Host, int Port)
{
    /// <summary><c>HOST:PORT</c>, an IPv6 address in brackets.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
