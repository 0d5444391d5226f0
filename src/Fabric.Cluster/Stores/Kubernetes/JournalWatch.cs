using Fabric.Actors;

namespace Fabric.Cluster;

/// <summary>The newest content of one journal, kept until its owner takes it.</summary>
/// <remarks>Belongs to the store's loop.</remarks>
internal sealed class JournalWatch(string name)
{
    private readonly ChangeSignal _changed = new();
    private JournalObject? _newest;
    private JournalException? _failure;

    public string Name => name;

    public void Take(JournalObject journal)
    {
        if (_newest is not null && Number(journal) <= Number(_newest))
            return;
        _newest = journal;
        _changed.Raise();
    }

    public void Fail(JournalException failure)
    {
        _failure ??= failure;
        _changed.Raise();
    }

    /// <summary>The journal as it is now, once it is newer than a version.</summary>
    /// <exception cref="JournalException">It can't be watched.</exception>
    public async Task<JournalObject> NextAsync(string version, CancellationToken cancellationToken)
    {
        var seen = JournalFeed.Number(version);
        while (true)
        {
            var changes = _changed.Count;
            if (_failure is { } failure)
                throw failure;
            if (_newest is { } journal && Number(journal) > seen)
                return journal;
            await _changed.WaitAsync(changes, cancellationToken);
        }
    }

    private static long Number(JournalObject journal) => JournalFeed.Number(journal.Metadata.ResourceVersion);
}
