using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Messages.Cni;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Cni.Tests;

/// <summary>An agent that does what a test tells it: one unix socket in a directory of its own.</summary>
internal sealed class ScriptedAgent : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ScriptedAgent(bool listening = true, string? directory = null)
    {
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("fab-t-cni").FullName;
        SocketPath = Path.Combine(Directory, "cni.sock");
        if (listening)
            Listen();
    }

    public string Directory { get; }

    public string SocketPath { get; }

    public void Listen()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(16);
    }

    /// <summary>Serves one connection on a thread of its own.</summary>
    public Task<T> ServeAsync<T>(Func<ScriptedPeer, T> script) => Task.Factory.StartNew(
        () =>
        {
            if (!_listener.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead))
                throw new TimeoutException("the binary did not connect within 30 s");
            using var peer = new ScriptedPeer(_listener.Accept());
            return script(peer);
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Reads the request, answers with the result, and gives the request back.</summary>
    public Task<CniRequestFrame> AnswerAsync(int exitCode, byte[] stdout) => ServeAsync(peer =>
    {
        var request = peer.Request();
        peer.Send(new CniResultFrame(exitCode, stdout).Encode().Span);
        return request;
    });

    public void Dispose()
    {
        _listener.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>The agent's end of one connection.</summary>
internal sealed unsafe partial class ScriptedPeer : IDisposable
{
    private readonly Socket _socket;

    public ScriptedPeer(Socket socket)
    {
        _socket = socket;
        _socket.ReceiveTimeout = 30_000;
        _socket.SendTimeout = 30_000;
    }

    /// <summary>The descriptor that came with the first byte.</summary>
    public SafeFileHandle? NetNs { get; private set; }

    public CniRequestFrame Request()
    {
        var payload = Receive(CniFrameKind.Request, withDescriptor: true);
        Assert.Equal(CniFrameFault.None, CniRequestFrame.Decode(payload, out var request));
        return request!;
    }

    public CniExecResultFrame Exec(CniExecFrame exec)
    {
        Send(exec.Encode().Span);
        var payload = Receive(CniFrameKind.ExecResult, withDescriptor: false);
        Assert.Equal(CniFrameFault.None, CniExecResultFrame.Decode(payload, out var result));
        return result!;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Waits until the other end has gone.</summary>
    public void AwaitClose()
    {
        Span<byte> one = stackalloc byte[1];
        while (_socket.Receive(one) > 0)
            continue;
    }

    public void Dispose()
    {
        NetNs?.Dispose();
        _socket.Dispose();
    }

    private byte[] Receive(CniFrameKind kind, bool withDescriptor)
    {
        var head = new byte[CniProtocol.HeaderLength];
        var start = 0;
        if (withDescriptor)
        {
            start = 1;
            NetNs = FirstByte(ref head[0]);
        }
        Fill(head.AsSpan(start));
        Assert.Equal(CniFrameFault.None, CniFrameHeader.Read(head, out var header));
        Assert.Equal(kind, header.Kind);
        var payload = new byte[header.PayloadLength];
        Fill(payload);
        return payload;
    }

    private void Fill(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = _socket.Receive(bytes);
            Assert.True(count > 0, "the binary closed the connection early");
            bytes = bytes[count..];
        }
    }

    private SafeFileHandle? FirstByte(ref byte first)
    {
        var control = stackalloc byte[64];
        fixed (byte* one = &first)
        {
            var vector = new IoVector { Base = one, Length = 1 };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 64 };
            const int closeOnExec = 0x4000_0000;
            Assert.Equal(1, RecvMsg((int)_socket.Handle, &message, closeOnExec));
            return message.ControlLength < 20 ? null : new SafeFileHandle(*(int*)(control + 16), ownsHandle: true);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint RecvMsg(int socket, MessageHeader* message, int flags);
}
