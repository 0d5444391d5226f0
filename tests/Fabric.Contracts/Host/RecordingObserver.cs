using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>Keeps what a host told its operator, and what its entities drove.</summary>
public sealed class RecordingObserver : IHostObserver, IDriver
{
    public List<string> Failures { get; } = [];

    public List<int> Depths { get; } = [];

    public List<string> Unknowns { get; } = [];

    public List<string> SnapshotFailures { get; } = [];

    public List<string> UnknownManifests { get; } = [];

    public int GapsOpened { get; private set; }

    public int GapsClosed { get; private set; }

    public List<TimeSpan> ClockSteps { get; } = [];

    public List<TimeSpan> ClocksAhead { get; } = [];

    public List<DriverRequest> Driven { get; } = [];

    public IEnumerable<string> Calls => Driven.Select(d => ((TallyCall)d.Call).What);

    public void Start(DriverRequest request) => Driven.Add(request);

    public void EntityFailed(PersistenceId id, Exception failure, bool restarts) => Failures.Add($"{id} {failure.Message} {restarts}");

    public void MailboxDeep(PersistenceId id, int depth) => Depths.Add(depth);

    public void AppendUnknown(PersistenceId id, string reason) => Unknowns.Add(reason);

    public void SnapshotFailed(PersistenceId id, string reason) => SnapshotFailures.Add(reason);

    public void ManifestUnknown(PersistenceId id, string manifest, long sequenceNr) =>
        UnknownManifests.Add($"{id}#{sequenceNr} {manifest}");

    public void GapOpened(PersistenceId id, string reason) => GapsOpened++;

    public void GapClosed(PersistenceId id, DateTimeOffset from, DateTimeOffset to) => GapsClosed++;

    public void ClockStepped(TimeSpan by) => ClockSteps.Add(by);

    public void ClockAhead(PersistenceId id, TimeSpan by) => ClocksAhead.Add(by);
}
