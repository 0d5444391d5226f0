using System.Collections.Immutable;
using System.Text.Json;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>
/// Segments and snapshots' parts: written before a journal refers to them, deleted once none can any more.
/// </summary>
/// <remarks>
/// Each says which version of the journal its writer is about to replace. While the journal is at that version, the writer's
/// PUT may still come; once it is at another, that PUT never takes effect, and what the journal does not refer to now it never
/// will. So garbage is told from what is being written without any clock, and a deletion that comes late deletes nothing
/// that has come into use meanwhile.
/// </remarks>
public sealed partial class KubernetesClusterStore
{
    private const int PartsPerPage = 20;

    /// <summary>Makes room in the tail for a commit.</summary>
    /// <returns>Not written: the newest segment is gone, so that the head must be another by now.</returns>
    private async Task<(bool IsWritten, JournalSpec Moved)> SpillAsync(
        PersistenceId stream, KnownJournal known, StoredCommit commit, CancellationToken cancellationToken)
    {
        var head = known.Head;
        var plan = JournalPlan.For(head, commit, _sizes);
        var moved = head with { Tail = plan.Tail, TailBytes = plan.TailSize };
        if (plan.Spilled.IsEmpty)
            return (true, moved);
        IEnumerable<StoredCommit> commits = plan.Spilled;
        if (plan.TakesNewest)
        {
            if (await ReadSegmentAsync(stream, head.Segments[^1], cancellationToken) is not { } newest)
                return (false, head);
            commits = newest.Concat(commits);
        }
        var segments = (plan.TakesNewest ? head.Segments[..^1] : head.Segments).ToBuilder();
        foreach (var piece in JournalPlan.Pieces(commits, _sizes))
            segments.Add(await WriteSegmentAsync(stream, known.Version, piece.Commits, piece.Bytes, cancellationToken));
        return (true, moved with { Segments = segments.ToImmutable(), SegmentCount = segments.Count });
    }

    /// <returns>Null: it is not there.</returns>
    private async Task<ImmutableArray<StoredCommit>?> ReadSegmentAsync(
        PersistenceId stream, SegmentRef segment, CancellationToken cancellationToken)
    {
        try
        {
            var name = _names.Segment(stream, segment);
            var stored = await _api.GetAsync(JournalSegmentObject.Resource, _names.Namespace, name, cancellationToken);
            var spec = stored.Spec;
            return spec.Stream == stream.Value && spec.Cluster == _names.Cluster && spec.First == segment.First && spec.Last == segment.Last
                ? spec.Commits
                : throw new JournalException($"read {stream}", $"the segment {name} is not what its journal says", isTransient: false);
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
        {
            return null;
        }
    }

    private async Task<SegmentRef> WriteSegmentAsync(
        PersistenceId stream, string after, ImmutableArray<StoredCommit> commits, int bytes, CancellationToken cancellationToken)
    {
        var spec = new JournalSegmentSpec(
            JournalSpec.CurrentFormat, _names.Cluster, stream.Value, commits[0].First, commits[^1].Last, after, commits);
        var unnamed = new JournalSegmentObject(new ObjectMeta(), spec);
        var digest = JournalNames.Digest(JsonSerializer.SerializeToUtf8Bytes(unnamed, JournalSegmentObject.Resource.Json));
        var reference = new SegmentRef(spec.First, spec.Last, bytes, digest);
        var segment = unnamed with { Metadata = _names.PartMeta(stream, _names.Segment(stream, reference)) };
        await CreateAsync(stream, JournalSegmentObject.Resource, segment, cancellationToken);
        return reference;
    }

    /// <summary>Creates a part; one that is there already has the same content, since its name is made of that.</summary>
    private async Task CreateAsync<T>(PersistenceId stream, ResourceKind<T> kind, T part, CancellationToken cancellationToken)
        where T : class, IApiObject
    {
        try
        {
            await _api.CreateAsync(kind, part, cancellationToken);
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.AlreadyExists)
        {
            return;
        }
        catch (Exception e) when (e is KubernetesException or OperationCanceledException)
        {
            _swept.Remove(stream);
            throw;
        }
    }

    private ImmutableArray<(bool IsSegment, string Name)> PartsOnlyIn(PersistenceId stream, JournalSpec one, JournalSpec other) =>
        [.. _names.Parts(stream, one).Except(_names.Parts(stream, other))];

    /// <summary>Deletes parts that the journal does not refer to, and looks for others if some may have been left.</summary>
    /// <param name="after">The newest version of the journal that a writer of these parts can have known.</param>
    private void DropUnused(
        PersistenceId stream, string after, ImmutableArray<(bool IsSegment, string Name)> parts, KnownJournal now)
    {
        var isMine = now.Version != after;
        var sweeps = !_swept.Contains(stream) && isMine && now.IsThere;
        if (isMine && (sweeps || !parts.IsEmpty))
            Begin(token => DropAsync(stream, parts, sweeps, token));
    }

    private async Task DropAsync(
        PersistenceId stream, ImmutableArray<(bool IsSegment, string Name)> parts, bool sweeps, CancellationToken cancellationToken)
    {
        try
        {
            // Added first: whatever fails from now on takes it away again.
            if (sweeps)
                _swept.Add(stream);
            foreach (var (isSegment, name) in parts)
            {
                var kind = isSegment ? JournalPartObject.Segment : JournalPartObject.Snapshot;
                await _api.DeleteAsync(kind, _names.Namespace, name, null, cancellationToken);
            }
            if (sweeps && !await SweepAsync(stream, cancellationToken))
                _swept.Remove(stream);
        }
        catch (Exception e) when (e is KubernetesException or JournalException or OperationCanceledException)
        {
            _swept.Remove(stream);
        }
    }

    /// <summary>Deletes what no journal refers to or ever will.</summary>
    /// <returns>Whether nothing is left that may become so.</returns>
    private async Task<bool> SweepAsync(PersistenceId stream, CancellationToken cancellationToken)
    {
        var found = new List<(ResourceKind<JournalPartObject> Kind, JournalPartObject Part)>();
        foreach (var kind in JournalPartObject.Resources)
        {
            string? next = null;
            do
            {
                var page = await _api.ListAsync(kind, _names.PartsOf(stream), PartsPerPage, next, null, cancellationToken);
                found.AddRange(page.Items.Select(part => (kind, part)));
                next = page.Continue;
            }
            while (next is not null);
        }
        // After the lists: what was in one by then, and is referred to later, says that it comes after this very version.
        var known = await ReadKnownAsync(stream, cancellationToken);
        var used = _names.Parts(stream, known.Head).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var isClean = true;
        foreach (var (kind, part) in found.Where(f => !used.Contains(f.Part.Metadata.Name!)))
        {
            if (part.Spec.After == known.Version)
                isClean = false;
            else
            {
                var same = new DeletePreconditions(part.Metadata.Uid);
                await _api.DeleteAsync(kind, _names.Namespace, part.Metadata.Name!, same, cancellationToken);
            }
        }
        return isClean;
    }
}
