using System.Net.Sockets;
using Fabric.Linux;
using Fabric.Linux.Unix;
using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>Accepts the CNI binary's connections: root only, at most 256 calls at once, nobody waits for a slow peer.</summary>
/// <param name="loop">Where <paramref name="handle"/> runs.</param>
/// <param name="handle">Answers one call; called on the loop.</param>
public sealed class CniListener(
    Socket listener, EventLoopCalls loop, CniHandler handle, Func<CorrelationId> newCorrelation, TimeProvider time,
    ICniObserver observer)
{
    /// <summary>Calls in flight; one more is answered with error 11 at once.</summary>
    public const int MostInFlight = 256;

    /// <summary>Told what became of pods; null where nobody wants to know.</summary>
    public IPodCallObserver? Pods { get; init; }

    private readonly SemaphoreSlim _slots = new(MostInFlight, MostInFlight);

    /// <summary>Accepts until cancelled; then the socket is closed, and calls under way end with their connections.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Socket peer;
            try
            {
                peer = await listener.AcceptAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of descriptors, most likely: the next call may find some.
                observer.PeerBroke($"a connection could not be accepted: {e.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
                continue;
            }
            _ = ServeAsync(peer, cancellationToken);
        }
    }

    private async Task ServeAsync(Socket peer, CancellationToken cancellationToken)
    {
        using var connection = new CniConnection(peer, time);
        var hasSlot = false;
        try
        {
            var credentials = UnixPeer.CredentialsOf(peer);
            if (credentials.UserId != 0)
            {
                observer.PeerRefused($"user {credentials.UserId} (process {credentials.ProcessId}) is not root");
                return;
            }
            var call = await connection.ReceiveCallAsync(cancellationToken);
            if (call is null)
                return;
            using (call)
            {
                hasSlot = _slots.Wait(0, CancellationToken.None);
                await AnswerAsync(connection, call, hasSlot, cancellationToken);
            }
        }
        catch (CniPeerException e)
        {
            observer.PeerBroke(e.Message);
        }
        catch (SystemCallException e)
        {
            observer.PeerBroke(e.Message);
        }
        catch (OperationCanceledException)
        {
            // The agent stops; the binary sees the connection close and answers "try again later".
        }
        catch (Exception e)
        {
            observer.Failed(CorrelationId.None, e);
        }
        finally
        {
            if (hasSlot)
                _slots.Release();
        }
    }

    private async Task AnswerAsync(CniConnection connection, CniCall call, bool hasSlot, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var correlation = newCorrelation();
        var parse = CniRequest.Parse(call.Frame, correlation);
        if (parse is CniParse.Failed failed)
        {
            await connection.SendAsync(CniReply.Failed(failed.Error, failed.CniVersion), cancellationToken);
            observer.Answered(call.Frame.Command, null, correlation, (int)failed.Error.Code, failed.Error.Message, time.GetElapsedTime(started));
            TellOfPod(call, CniArgs.Parse(call.Frame.Args, out _)?.Pod, correlation, (int)failed.Error.Code, failed.Error.Message);
            return;
        }
        var request = ((CniParse.Parsed)parse).Request;
        CniError? error = null;
        if (!hasSlot)
            error = CniErrors.TryAgainLater($"{MostInFlight} calls are under way", correlation);
        else if (call.SandboxFault is { } fault && request.Command is (CniCommand.Add or CniCommand.Check))
            error = CniErrors.InvalidEnvironment(fault, correlation);
        else if (call.Sandbox is { Namespace.IsOwn: true } && request.Command != CniCommand.Del)
            error = CniErrors.HostNamespace(request.NetNsPath, correlation);
        var reply = error is not null
            ? CniReply.Failed(error, request.Configuration.CniVersion)
            : await HandleAsync(connection, call, request, cancellationToken);
        await connection.SendAsync(reply, cancellationToken);
        var (code, message) = CniErrorPeek.Of(reply);
        observer.Answered(call.Frame.Command, request.Attachment, correlation, code, message, time.GetElapsedTime(started));
        TellOfPod(call, request.Args.Pod, correlation, code, message);
    }

    private void TellOfPod(CniCall call, PodRef? pod, CorrelationId correlation, int code, string message)
    {
        if (Pods is not null && pod is not null && call.Frame.Command is ("ADD" or "DEL"))
            Pods.Answered(new PodCall(call.Frame.Command == "ADD", pod, call.Frame.ContainerId, code, message, correlation));
    }

    private async Task<Messages.Cni.CniResultFrame> HandleAsync(
        CniConnection connection, CniCall call, CniRequest request, CancellationToken cancellationToken)
    {
        try
        {
            // DEL goes on without a namespace that is none of a pod's; the host's interfaces are not to be touched.
            var sandbox = call.Sandbox is { Namespace.IsOwn: true } ? null : call.Sandbox;
            return await loop(() => handle(request, sandbox, connection, cancellationToken));
        }
        catch (Exception e) when (e is not (CniPeerException or OperationCanceledException))
        {
            observer.Failed(request.Correlation, e);
            return CniReply.Failed(CniErrors.Unclassified(e.Message, request.Correlation), request.Configuration.CniVersion);
        }
    }
}
