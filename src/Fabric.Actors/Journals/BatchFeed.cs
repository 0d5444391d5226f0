using System.Collections.Immutable;
using System.Threading.Channels;

namespace Fabric.Actors;

/// <summary>Hands every committed batch to every follower, in order.</summary>
/// <remarks>
/// The caller publishes while it holds its commit lock, so followers see commit order; the lock here only guards the list, since
/// a token may be cancelled on any thread.
/// </remarks>
internal sealed class BatchFeed
{
    private readonly Lock _gate = new();
    private ImmutableArray<Channel<ImmutableArray<EventEnvelope>>> _followers = [];

    public bool HasFollowers => !_followers.IsEmpty;

    public ChannelReader<ImmutableArray<EventEnvelope>> Follow(CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<ImmutableArray<EventEnvelope>>(
            new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = false });
        lock (_gate)
            _followers = _followers.Add(channel);
        cancellationToken.UnsafeRegister(_ => Leave(channel), null);
        return channel.Reader;
    }

    public void Publish(ImmutableArray<EventEnvelope> batch)
    {
        lock (_gate)
        {
            foreach (var follower in _followers)
                follower.Writer.TryWrite(batch);
        }
    }

    /// <summary>Ends all followers; those that come later are served again.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            foreach (var follower in _followers)
                follower.Writer.TryComplete();
            _followers = [];
        }
    }

    private void Leave(Channel<ImmutableArray<EventEnvelope>> channel)
    {
        lock (_gate)
            _followers = _followers.Remove(channel);
        channel.Writer.TryComplete();
    }
}
