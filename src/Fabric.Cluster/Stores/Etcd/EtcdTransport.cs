using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>The connections to the members: kept alive, with TLS if the options say so.</summary>
/// <remarks>
/// Certificates are read at each new connection, so that renewed files are taken without a restart. Keep-alive finds a
/// member whose machine is gone within about ten seconds, also while a watch has nothing to say (tcp(7)).
/// </remarks>
internal static class EtcdTransport
{
    public static HttpMessageInvoker Open(EtcdOptions options, TimeSpan connectTimeout) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ConnectCallback = LivelyConnection.ConnectAsync,
        SslOptions = options.UsesTls ? Tls(options) : new SslClientAuthenticationOptions(),
    });

    /// <exception cref="JournalException">A file is missing, or is not what it should be.</exception>
    public static void CheckFiles(EtcdOptions options)
    {
        Check("ca", options.CaFile, path => Certificates(path));
        Check("cert", options.CertFile, path => ClientCertificate(path, options.KeyFile!).Dispose());
        Check("password-file", options.PasswordFile, path => File.OpenRead(path).Dispose());

        static void Check(string key, string? path, Action<string> read)
        {
            try
            {
                if (path is not null)
                    read(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                throw new JournalException("open etcd", $"{key}={path}: {e.Message}", isTransient: true, e);
            }
        }
    }

    private static SslClientAuthenticationOptions Tls(EtcdOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.CaFile is { } ca)
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsSignedBy(ca, certificate, chain, errors);
        if (options.CertFile is { } cert)
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => ClientCertificate(cert, options.KeyFile!);
        return tls;
    }

    private static bool IsSignedBy(string ca, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        // The name and the presence of a certificate have been judged; only the chain is ours to judge.
        if (certificate is not X509Certificate2 own || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var judge = new X509Chain();
        judge.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        judge.ChainPolicy.CustomTrustStore.AddRange(Certificates(ca));
        judge.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var sent in chain.ChainElements)
            judge.ChainPolicy.ExtraStore.Add(sent.Certificate);
        return judge.Build(own);
    }

    private static X509Certificate2Collection Certificates(string path)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(path);
        return certificates.Count > 0 ? certificates : throw new CryptographicException("it holds no certificate in PEM form");
    }

    private static X509Certificate2 ClientCertificate(string cert, string key) => X509Certificate2.CreateFromPemFile(cert, key);

    /// <summary>A request's body that tells whether any of it may have left this process.</summary>
    public sealed class Body : HttpContent
    {
        private readonly ReadOnlyMemory<byte> _bytes;

        public Body(ReadOnlyMemory<byte> bytes)
        {
            _bytes = bytes;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        public bool HasLeft { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            HasLeft = true;
            await stream.WriteAsync(_bytes, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _bytes.Length;
            return true;
        }
    }
}
