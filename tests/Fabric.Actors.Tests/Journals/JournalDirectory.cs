namespace Fabric.Actors.Tests;

/// <summary>A directory for the files of one test, removed afterwards.</summary>
internal sealed class JournalDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fab-t-journal-").FullName;

    public string File => System.IO.Path.Combine(Path, "journal.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
