using System.Net.Sockets;
using Fabric.Linux.Unix;

namespace Fabric.Linux.Tests;

public sealed class UnixPeerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fab-t").FullName;
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(10));

    private string SocketPath => Path.Combine(_directory, "s");

    public void Dispose()
    {
        _deadline.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_descriptor_arrives_with_its_bytes_and_names_the_same_namespace()
    {
        using var listener = UnixListener.Listen(SocketPath);
        var (client, server) = await ConnectAsync(listener);
        using var own = NetworkNamespace.Open("/proc/self/ns/net");
        var buffer = new byte[16];

        var pending = UnixPeer.ReceiveAsync(server, buffer, _deadline.Token);
        Assert.False(pending.IsCompleted);
        Assert.Equal(3, UnixPeer.Send(client, "abc"u8, own.Handle));
        var message = await pending;

        Assert.Equal("abc"u8.ToArray(), buffer[..message.Count]);
        using var received = NetworkNamespace.FromDescriptor(message.Descriptor!, "received");
        Assert.Equal(own.Id, received.Id);
        client.Dispose();
        var end = await UnixPeer.ReceiveAsync(server, buffer, _deadline.Token);
        Assert.Equal(new ReceivedMessage(0, null), end);
        server.Dispose();
    }

    [Fact]
    public async Task Of_many_descriptors_one_is_kept_and_the_others_are_closed()
    {
        using var listener = UnixListener.Listen(SocketPath);
        var (client, server) = await ConnectAsync(listener);
        using var pipe = File.OpenHandle("/dev/null");
        var target = Path.Combine(_directory, "marker");
        using var marker = File.OpenHandle(target, FileMode.Create, FileAccess.ReadWrite);
        int OpenMarkers() => Directory.EnumerateFiles("/proc/self/fd")
            .Count(f => new FileInfo(f).LinkTarget == target);

        UnixPeer.Send(client, "x"u8, [.. Enumerable.Repeat(marker, 253)]);
        var message = await UnixPeer.ReceiveAsync(server, new byte[1], _deadline.Token);

        Assert.Equal(2, OpenMarkers());
        message.Descriptor!.Dispose();
        Assert.Equal(1, OpenMarkers());
        client.Dispose();
        server.Dispose();
    }

    [Fact]
    public async Task A_message_longer_than_the_buffer_comes_in_parts_with_one_descriptor()
    {
        using var listener = UnixListener.Listen(SocketPath);
        var (client, server) = await ConnectAsync(listener);
        using var file = File.OpenHandle("/dev/null");
        UnixPeer.Send(client, "abcdef"u8, file);

        var first = await UnixPeer.ReceiveAsync(server, new byte[4], _deadline.Token);
        var second = await UnixPeer.ReceiveAsync(server, new byte[4], _deadline.Token);

        Assert.Equal(4, first.Count);
        Assert.NotNull(first.Descriptor);
        Assert.Equal(new ReceivedMessage(2, null), second);
        first.Descriptor.Dispose();
        client.Dispose();
        server.Dispose();
    }

    [Fact]
    public async Task A_receive_can_be_cancelled_and_repeated()
    {
        using var listener = UnixListener.Listen(SocketPath);
        var (client, server) = await ConnectAsync(listener);
        using var cancel = new CancellationTokenSource();
        var pending = UnixPeer.ReceiveAsync(server, new byte[4], cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await client.SendAsync("y"u8.ToArray());

        Assert.Equal(1, (await UnixPeer.ReceiveAsync(server, new byte[4], _deadline.Token)).Count);
        client.Dispose();
        server.Dispose();
    }

    [Fact]
    public async Task Credentials_are_those_of_the_process_that_connected()
    {
        using var listener = UnixListener.Listen(SocketPath);
        var (client, server) = await ConnectAsync(listener);

        var credentials = UnixPeer.CredentialsOf(server);

        Assert.Equal(Environment.ProcessId, credentials.ProcessId);
        Assert.Equal(Tool.Run("id", "-u").Trim(), credentials.UserId.ToString());
        Assert.Equal(Tool.Run("id", "-g").Trim(), credentials.GroupId.ToString());
        client.Dispose();
        server.Dispose();
    }

    [Fact]
    public void The_socket_has_mode_0600_and_goes_with_the_listener()
    {
        using (UnixListener.Listen(SocketPath))
            Assert.Equal("600", Tool.Run("stat", "-c", "%a", SocketPath).Trim());
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void A_socket_somebody_listens_on_is_left_alone()
    {
        using var listener = UnixListener.Listen(SocketPath);
        var error = Assert.Throws<SystemCallException>(() => UnixListener.Listen(SocketPath));
        Assert.Equal(98, error.Errno);
        Assert.True(File.Exists(SocketPath));
    }

    [Fact]
    public void A_socket_whose_listener_was_killed_is_replaced()
    {
        // A bound socket that does not listen refuses connections, as a killed process's file does.
        using var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stale.Bind(new UnixDomainSocketEndPoint(SocketPath));
        using var listener = UnixListener.Listen(SocketPath);
        Assert.Equal("600", Tool.Run("stat", "-c", "%a", SocketPath).Trim());
    }

    [Fact]
    public void A_file_that_is_no_socket_is_not_removed()
    {
        File.WriteAllText(SocketPath, "precious");
        var error = Assert.Throws<SystemCallException>(() => UnixListener.Listen(SocketPath));
        Assert.Equal(98, error.Errno);
        Assert.Equal("precious", File.ReadAllText(SocketPath));
    }

    private async Task<(Socket Client, Socket Server)> ConnectAsync(Socket listener)
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), _deadline.Token);
        return (client, await listener.AcceptAsync(_deadline.Token));
    }
}
