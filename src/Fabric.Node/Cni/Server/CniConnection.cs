using System.Net.Sockets;
using Fabric.Linux;
using Fabric.Linux.Unix;
using Fabric.Messages.Cni;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Node.Cni;

/// <summary>One connection of the CNI binary: a request, rounds of delegated plugins, a result (docs/cni.md, wire frame).</summary>
/// <remarks>One caller at a time. A peer that stalls loses its connection and nobody else's time.</remarks>
public sealed class CniConnection(Socket peer, TimeProvider time) : ICniExecutor, IDisposable
{
    /// <summary>The binary sends its request at once.</summary>
    private static readonly TimeSpan RequestWithin = TimeSpan.FromSeconds(5);

    /// <summary>The binary ends a plugin that runs longer than a minute.</summary>
    private static readonly TimeSpan ExecWithin = TimeSpan.FromSeconds(70);

    private static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(5);

    /// <returns>Null when the peer left without a word, or speaks another version (it was told so).</returns>
    /// <exception cref="CniPeerException">It broke the protocol or stalled.</exception>
    public async Task<CniCall?> ReceiveCallAsync(CancellationToken cancellationToken)
    {
        SafeFileHandle? descriptor = null;
        try
        {
            using var deadline = new CancellationTokenSource(RequestWithin, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            var header = new byte[CniProtocol.HeaderLength];
            var first = await UnixPeer.ReceiveAsync(peer, header, either.Token);
            descriptor = first.Descriptor;
            if (first.Count == 0)
                return null;
            await FillAsync(header, first.Count, either.Token);
            var fault = CniFrameHeader.Read(header, out var frame);
            if (fault == CniFrameFault.OtherVersion)
            {
                await SendBytesAsync(CniFrameHeader.VersionMismatch(), cancellationToken);
                return null;
            }
            if (fault != CniFrameFault.None || frame.Kind != CniFrameKind.Request)
                throw new CniPeerException($"a frame that is no request: {fault}, {frame.Kind}");
            var payload = new byte[frame.PayloadLength];
            await FillAsync(payload, 0, either.Token);
            fault = CniRequestFrame.Decode(payload, out var request);
            if (request is null)
                throw new CniPeerException($"a request that can't be decoded: {fault}");
            return OpenCall(request, ref descriptor);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CniPeerException($"no complete request within {RequestWithin.TotalSeconds:0} s");
        }
        finally
        {
            descriptor?.Dispose();
        }
    }

    public Task SendAsync(CniResultFrame reply, CancellationToken cancellationToken) =>
        SendBytesAsync(reply.Encode(), cancellationToken);

    public async Task<CniExecResultFrame> ExecuteAsync(CniExecFrame round, CancellationToken cancellationToken)
    {
        await SendBytesAsync(round.Encode(), cancellationToken);
        using var deadline = new CancellationTokenSource(ExecWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var header = new byte[CniProtocol.HeaderLength];
            await FillAsync(header, 0, either.Token);
            var fault = CniFrameHeader.Read(header, out var frame);
            if (fault != CniFrameFault.None || frame.Kind != CniFrameKind.ExecResult)
                throw new CniPeerException($"no plugin result but {fault}, {frame.Kind}");
            var payload = new byte[frame.PayloadLength];
            await FillAsync(payload, 0, either.Token);
            fault = CniExecResultFrame.Decode(payload, out var result);
            return result is not null && result.Id == round.Id
                ? result
                : throw new CniPeerException($"a plugin result that can't be decoded: {fault}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CniPeerException($"plugin {round.Plugin} gave no result within {ExecWithin.TotalSeconds:0} s");
        }
    }

    public void Dispose() => peer.Dispose();

    private static CniCall OpenCall(CniRequestFrame request, ref SafeFileHandle? descriptor)
    {
        if (request.NetNs != CniNetNs.Attached)
            return new CniCall(request, null, null);
        if (descriptor is null)
            throw new CniPeerException("the request announces a descriptor and brings none");
        var handle = descriptor;
        descriptor = null;
        try
        {
            return new CniCall(request, new LinuxSandbox(NetworkNamespace.FromDescriptor(handle, request.NetNsPath), request.NetNsPath), null);
        }
        catch (SystemCallException e)
        {
            return new CniCall(request, null, $"CNI_NETNS '{request.NetNsPath}' can't be used: {e.Message}");
        }
    }

    private async Task FillAsync(Memory<byte> buffer, int filled, CancellationToken cancellationToken)
    {
        while (filled < buffer.Length)
        {
            int count;
            try
            {
                count = await peer.ReceiveAsync(buffer[filled..], SocketFlags.None, cancellationToken);
            }
            catch (SocketException e)
            {
                throw new CniPeerException($"the connection broke: {e.Message}", e);
            }
            if (count == 0)
                throw new CniPeerException("the connection was closed in the middle of a frame");
            filled += count;
        }
    }

    private async Task SendBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(SendWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[await peer.SendAsync(bytes, SocketFlags.None, either.Token)..];
        }
        catch (SocketException e)
        {
            throw new CniPeerException($"the connection broke: {e.Message}", e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CniPeerException($"the peer did not read its answer within {SendWithin.TotalSeconds:0} s");
        }
    }
}
