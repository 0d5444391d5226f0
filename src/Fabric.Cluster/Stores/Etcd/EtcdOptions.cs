using System.Collections.Immutable;
using System.Text;

namespace Fabric.Cluster;

/// <summary>Which etcd cluster, and how to speak to it: what follows <c>etcd://</c> in <c>--cluster-store</c>.</summary>
public sealed record EtcdOptions
{
    public const string DefaultPrefix = "/fabric";

    /// <summary>At least one; tried in this order.</summary>
    public required ImmutableArray<EtcdEndpoint> Endpoints { get; init; }

    /// <summary>What all keys begin with; starts with a slash and ends without one.</summary>
    public string Prefix { get; init; } = DefaultPrefix;

    /// <summary>PEM file with the certificates that the members' certificates may be signed by.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file with this client's certificate, and its chain if it has one.</summary>
    public string? CertFile { get; init; }

    /// <summary>PEM file with the key of <see cref="CertFile"/>.</summary>
    public string? KeyFile { get; init; }

    public string? User { get; init; }

    /// <summary>Null if it is in <see cref="PasswordFile"/>.</summary>
    public string? Password { get; init; }

    /// <summary>Read at each authentication; one line end at its end does not count.</summary>
    public string? PasswordFile { get; init; }

    public bool UsesTls => CaFile is not null || CertFile is not null;

    /// <summary>The URI without the password: fit for logs.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("etcd://").AppendJoin(',', Endpoints);
        var separator = '?';
        Add("prefix", Prefix == DefaultPrefix ? null : Prefix);
        Add("ca", CaFile);
        Add("cert", CertFile);
        Add("key", KeyFile);
        Add("user", Password is null ? User : $"{User}:***");
        Add("password-file", PasswordFile);
        return text.ToString();

        void Add(string key, string? value)
        {
            if (value is null)
                return;
            text.Append(separator).Append(key).Append('=').Append(value);
            separator = '&';
        }
    }
}
