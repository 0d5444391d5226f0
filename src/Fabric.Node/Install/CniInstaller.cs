namespace Fabric.Node.Install;

/// <summary>
/// Puts the CNI binary and its configuration where the runtime looks: the binary at once, the configuration when ADD can be served.
/// </summary>
/// <remarks>
/// A configuration makes the node ready, and kubelet then starts pods; so it comes last. It stays when the agent stops: pods wait for the
/// next one, as <c>fabric-cni</c> does. What can't be written is reported and tried again; nothing here stops the agent. What somebody
/// deletes comes back within a minute.
/// </remarks>
/// <param name="readiness">Whether ADD can be served; asked on the event loop.</param>
public sealed class CniInstaller(
    CniInstallation wanted, InstalledFiles files, string socket, Func<Readiness> readiness, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CheckEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(10);

    private bool _isConfigured;
    private string? _binaryFault;
    private string? _configurationFault;

    /// <summary>Why something could not be written, or null.</summary>
    public string? Fault => _binaryFault ?? _configurationFault;

    /// <summary>Keeps them there until cancelled; the disk is waited for elsewhere than on the event loop.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var isReady = readiness().IsReady;
            await Task.Delay(await Task.Run(() => Step(isReady), cancellationToken), time, cancellationToken);
        }
    }

    /// <summary>Does what can be done now.</summary>
    /// <param name="isReady">Whether ADD can be served.</param>
    /// <returns>When to come again.</returns>
    public TimeSpan Step(bool isReady)
    {
        if (!Try(InstallBinaries, ref _binaryFault))
            return RetryEvery;
        // Once it is there it stays: STATUS tells the runtime when pods can't be attached for a while.
        if (!_isConfigured && !isReady)
            return LookEvery;
        _isConfigured |= Try(InstallConfiguration, ref _configurationFault);
        return Fault is null ? CheckEvery : RetryEvery;
    }

    private void InstallConfiguration()
    {
        if (wanted.Configuration is { } path)
            Install(path, Conflist.Of(socket, HasPortmap), AtomicFile.Readable);
    }

    private void InstallBinaries()
    {
        if (wanted.Binaries.IsEmpty)
            return;
        var binary = File.ReadAllBytes(wanted.Binary);
        foreach (var path in wanted.Binaries)
            Install(path, binary, AtomicFile.Executable);
    }

    private bool HasPortmap => wanted.BinDir is { } bin && File.Exists(Path.Combine(bin, "portmap"));

    private void Install(string path, byte[] content, UnixFileMode mode)
    {
        if (AtomicFile.Is(path, content, mode))
            return;
        files.WillBe(path, content);
        AtomicFile.Write(path, content, mode);
        log.Info($"{path} written");
    }

    private bool Try(Action work, ref string? fault)
    {
        try
        {
            work();
            fault = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (fault != e.Message)
                log.Warn($"the CNI plugin is not installed on the host: {e.Message}");
            fault = e.Message;
            return false;
        }
    }
}
