namespace Fabric.Actors;

/// <summary>Carries out <see cref="Effect.Drive"/>. It never blocks and never throws; the outcome goes back as a command.</summary>
public interface IDriver
{
    void Start(DriverRequest request);
}
