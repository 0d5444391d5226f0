using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fabric.KubernetesApi;

/// <summary>A certificate authority that lives as long as its server, and what it signs.</summary>
public sealed class Certificates : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _from;
    private readonly DateTimeOffset _until;

    public Certificates(DateTimeOffset now)
    {
        (_from, _until) = (now.AddHours(-1), now.AddDays(30));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fabric-test-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(_from, _until);
    }

    /// <summary>PEM, for clients.</summary>
    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>PEM of a client certificate and its key.</summary>
    /// <param name="user">The common name.</param>
    public (string Certificate, string Key) IssueForClient(string user)
    {
        var (certificate, key) = Issue(new X500DistinguishedName($"CN={user}, O=system:masters"), "1.3.6.1.5.5.7.3.2", null);
        using (certificate)
        using (key)
            return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => _authority.Dispose();

    internal X509Certificate2 IssueForServer(IPAddress address)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        foreach (var ip in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback, address }.Distinct())
            names.AddIpAddress(ip);
        var (certificate, key) = Issue(new X500DistinguishedName("CN=fabric-test-apiserver"), "1.3.6.1.5.5.7.3.1", names.Build());
        using (certificate)
        using (key)
            return certificate.CopyWithPrivateKey(key);
    }

    internal bool IsOurs(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private (X509Certificate2, ECDsa) Issue(X500DistinguishedName subject, string purpose, X509Extension? names)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        if (names is not null)
            request.CertificateExtensions.Add(names);
        return (request.Create(_authority, _from, _until, RandomNumberGenerator.GetBytes(16)), key);
    }
}
