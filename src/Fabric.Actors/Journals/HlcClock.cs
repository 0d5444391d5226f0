using Fabric.Messages;
namespace Fabric.Actors;
public sealed class HlcClock(TimeProvider time)
{
    public Hlc Last { get; private set; }
    public Hlc Next() { var n = new Hlc(time.GetUtcNow().ToUnixTimeMilliseconds(), 0); return Last = n > Last ? n : Last.Next(); }
    public void Observe(Hlc h) { if (h > Last) Last = h; }
}
