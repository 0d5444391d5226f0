using Fabric.Actors;
using Fabric.Contracts;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Who may speak to etcd: passwords, tokens, certificates, and what a refusal says.</summary>
public sealed class EtcdAccessTests
{
    private static readonly PersistenceId A = new("mesh", "a");

    private readonly SampleAppends _appends = new();

    [SkippableFact]
    public async Task A_user_with_a_password_reads_writes_and_watches_also_after_its_token_has_ended()
    {
        using var etcd = StartWithUsers();
        using var password = new PasswordFile("pw&1\n");
        await using var store = Open(etcd, $"?user=fab&password-file={password.Path}");
        await AppendAsync(store, 0);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = store.WatchAsync(A, 1, patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        // That ends all tokens that were given before.
        etcd.Ctl("--user", "root:root", "auth", "disable");
        etcd.Ctl("auth", "enable");
        Assert.Equal(1, (await store.ReadHeadAsync(A, default)).LastSequenceNr);
        var next = watch.MoveNextAsync();
        await AppendAsync(store, 1);
        Assert.True(await next);
        etcd.Ctl("--user", "root:root", "auth", "disable");
        etcd.Ctl("auth", "enable");
        // A further watch makes a new request, with the token of before.
        next = watch.MoveNextAsync();
        await using var leases = store.WatchLeasesAsync("node/", patience.Token).GetAsyncEnumerator();
        Assert.True(await leases.MoveNextAsync());
        var change = leases.MoveNextAsync();
        await AppendAsync(store, 2);
        Assert.IsType<LeaseOutcome.Done>(
            await store.PutLeaseAsync("node/a", "1"u8.ToArray(), TimeSpan.FromSeconds(10), 0, default));
        Assert.True(await next);
        Assert.Equal(3, watch.Current.SequenceNr);
        Assert.True(await change);
    }

    [SkippableFact]
    public async Task A_password_in_the_uri_is_percent_decoded_and_never_shown()
    {
        using var etcd = StartWithUsers();
        var uri = ClusterStoreUri.Parse($"{etcd.Uri}?user=fab:pw%261");
        Assert.Equal($"{etcd.Uri}?user=fab:***", uri.ToString());
        await using var store = (EtcdClusterStore)uri.Open("default", TimeProvider.System);
        await AppendAsync(store, 0);
    }

    [SkippableFact]
    public async Task Each_refusal_says_what_to_do()
    {
        using var etcd = StartWithUsers();
        await using var nobody = Open(etcd, "");
        Assert.Contains("add user=NAME", await RefusalAsync(nobody));
        await using var wrong = Open(etcd, "?user=fab:wrong");
        Assert.Contains("user or password of --cluster-store is wrong", await RefusalAsync(wrong));
        await using var elsewhere = Open(etcd, "?prefix=/other&user=fab:pw%261");
        Assert.Contains("readwrite on the whole prefix", await RefusalAsync(elsewhere));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = elsewhere.WatchLeasesAsync("node/", patience.Token).GetAsyncEnumerator();
        Assert.Contains("permission denied", (await Assert.ThrowsAsync<JournalException>(async () => await watch.MoveNextAsync())).Message);
        await using var gone = Open(etcd, "?user=fab:pw%261");
        await AppendAsync(gone, 0);
        etcd.Ctl("--user", "root:root", "user", "revoke-role", "fab", "fab");
        Assert.Contains("permission denied", Assert.IsType<AppendOutcome.Unknown>(await gone.AppendAsync(_appends.Next(A, 1), default)).Reason);
    }

    [SkippableFact]
    public async Task An_etcd_whose_authentication_is_off_takes_a_user_as_nobody_until_it_is_switched_on()
    {
        using var etcd = StartWithUsers(isOn: false);
        await using var store = Open(etcd, "?user=fab:pw%261");
        await AppendAsync(store, 0);
        etcd.Ctl("auth", "enable");
        await AppendAsync(store, 1);
    }

    [SkippableFact]
    public async Task With_certificates_both_sides_are_known_to_each_other()
    {
        Skip.If(LabEtcd.Missing is not null, LabEtcd.Missing);
        using var certificates = new LabCertificates();
        using var foreign = new LabCertificates();
        using var etcd = LabEtcd.Start(1, new LabEtcdOptions(certificates.Folder));
        await using (var store = Open(etcd, $"?{certificates.Options}"))
        {
            await AppendAsync(store, 0);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await using var watch = store.WatchAsync(A, 1, patience.Token).GetAsyncEnumerator();
            Assert.True(await watch.MoveNextAsync());
        }
        await using var stranger = Open(etcd, $"?ca={foreign.Folder}/ca.pem");
        Assert.Contains("ca=PATH", await RefusalAsync(stranger));
        await using var uncertified = Open(etcd, $"?ca={certificates.Folder}/ca.pem");
        Assert.Contains(etcd.Endpoints[0], await RefusalAsync(uncertified));
        await using var plain = Open(etcd, "");
        Assert.Contains("it speaks TLS: add ca=PATH", await RefusalAsync(plain));
    }

    [Fact]
    public void Files_that_are_not_there_or_hold_something_else_are_named_at_opening()
    {
        using var certificates = new LabCertificates();
        var absent = Assert.Throws<JournalException>(() => Open("etcd://127.0.0.1:1?ca=/no/such/ca.pem"));
        Assert.Contains("ca=/no/such/ca.pem", absent.Message);
        var empty = Assert.Throws<JournalException>(() => Open($"etcd://127.0.0.1:1?ca={certificates.Folder}/client.key"));
        Assert.Contains("no certificate", empty.Message);
    }

    private static LabEtcd StartWithUsers(bool isOn = true)
    {
        Skip.If(LabEtcd.Missing is not null, LabEtcd.Missing);
        var etcd = LabEtcd.Start();
        etcd.Ctl("user", "add", "root:root");
        etcd.Ctl("user", "grant-role", "root", "root");
        etcd.Ctl("role", "add", "fab");
        etcd.Ctl("role", "grant-permission", "fab", "--prefix=true", "readwrite", "/fabric/");
        etcd.Ctl("user", "add", "fab:pw&1");
        etcd.Ctl("user", "grant-role", "fab", "fab");
        if (isOn)
            etcd.Ctl("auth", "enable");
        return etcd;
    }

    private static EtcdClusterStore Open(LabEtcd etcd, string more) => Open(etcd.Uri + more);

    private static EtcdClusterStore Open(string uri) => EtcdClusterStore.Open(SharedEtcd.Options(uri), "default", TimeProvider.System);

    private static async Task<string> RefusalAsync(EtcdClusterStore store)
    {
        var refusal = await Assert.ThrowsAsync<JournalException>(async () => await store.ReadHeadAsync(A, default));
        Assert.True(refusal.IsTransient);
        return refusal.Message;
    }

    private async Task AppendAsync(EtcdClusterStore store, long expected) =>
        Assert.IsType<AppendOutcome.Appended>(await store.AppendAsync(_appends.Next(A, expected), default));

    private sealed class PasswordFile : IDisposable
    {
        public PasswordFile(string text) => File.WriteAllText(Path, text);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
