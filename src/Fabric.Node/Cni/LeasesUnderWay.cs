using Fabric.Messages;

namespace Fabric.Node.Cni;

/// <summary>The ADDs whose IPAM plugin is running: one for each attachment, since plugins refuse to allocate twice.</summary>
/// <remarks>Lives on the event loop, in memory only: a restarted agent finds no plugin of its own running.</remarks>
internal sealed class LeasesUnderWay
{
    private readonly SortedDictionary<AttachmentId, Turn> _turns = [];

    /// <summary>Waits until no other ADD of the attachment is under way, then takes its place until disposed.</summary>
    public async Task<Turn> TakeAsync(AttachmentId attachment, CancellationToken cancellationToken)
    {
        while (_turns.TryGetValue(attachment, out var other))
            await other.Ended.WaitAsync(cancellationToken);
        return _turns[attachment] = new Turn(() => _turns.Remove(attachment));
    }

    /// <summary>A DEL has come: what the plugin gives now is for nobody.</summary>
    public void Detach(AttachmentId attachment)
    {
        if (_turns.TryGetValue(attachment, out var turn))
            turn.IsDetached = true;
    }

    /// <summary>One ADD's turn, from before its plugin runs until it is answered.</summary>
    internal sealed class Turn(Action end) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new();

        public Task Ended => _ended.Task;

        /// <summary>Whether a DEL came meanwhile.</summary>
        public bool IsDetached { get; set; }

        public void Dispose()
        {
            end();
            _ended.TrySetResult();
        }
    }
}
